"""From photos to a trained model: consent, photos, coach, trainings, likeness."""
