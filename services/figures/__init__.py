"""What the installation can say of itself in figures: measured work, quality, the business."""
