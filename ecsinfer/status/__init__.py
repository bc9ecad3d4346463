"""How an application is doing: facts gathered in few questions, and what is wrong with them."""
