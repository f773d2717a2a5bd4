"""Programs as people use them: jobs from files, pictures and models from outputs."""
