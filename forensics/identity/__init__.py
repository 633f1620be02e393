"""Who or what stands behind a key, a session or an address, and how sure that is."""
