"""What the resolvers of reference data promise."""
