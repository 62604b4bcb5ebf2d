"""How likely each answer is: joint draws of everything uncertain through the one equation."""
