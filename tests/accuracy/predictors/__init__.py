"""Who is measured: the project's matcher and its peers, each behind the port `Predict`."""
