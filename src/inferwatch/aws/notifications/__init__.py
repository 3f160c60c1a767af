"""Who hears of an alarm on AWS, and telling them."""
