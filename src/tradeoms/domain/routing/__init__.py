"""Where orders go: rules as data, and the brokers that each fund may use."""
