"""Storage: where files live, on a local disk or in an S3 bucket."""
