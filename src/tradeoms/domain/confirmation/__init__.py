"""What is booked, as brokers are told it and confirm it (FIX J, P, AK, AU)."""
