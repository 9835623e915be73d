"""Stories that a user would tell, each as a test that reads like it: a real company folder, real runs."""
