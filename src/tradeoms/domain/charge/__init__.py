"""What trading costs beside the price: commissions of brokers, fees and taxes, as schedules."""
