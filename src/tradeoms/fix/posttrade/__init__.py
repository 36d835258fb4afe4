"""What comes after trading over FIX: drop copies."""
