"""An EMS: orders are staged to it over FIX, a trader releases them, brokers fill their routes."""
