"""The paper's claims, and what the tables of a reproduction say of them."""
