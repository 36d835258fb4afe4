"""What comes after trading over FIX: allocation instructions, confirmations and drop copies."""
