"""The oracle: what the seizure file must come to, by plain tables and none of the project's stages."""
