"""The reference data as files; `README.md` beside them says where they come from and how to extend them."""
