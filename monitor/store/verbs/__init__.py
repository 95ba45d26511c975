"""The verbs of the Store, by what they are about; each is one transaction."""
