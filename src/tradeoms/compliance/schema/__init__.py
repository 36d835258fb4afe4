"""What a rule of each kind may say."""
