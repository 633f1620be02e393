"""Speed of the product, side by side with hand-written SQL over the same made-up logs."""
