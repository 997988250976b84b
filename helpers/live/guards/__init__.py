"""What has a say in each request to Vonage, and in each reply of the learner's server: whom, how many, at what cost."""
