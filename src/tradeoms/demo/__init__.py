"""The demo: real securities and prices, with funds, people and rules invented on them."""
