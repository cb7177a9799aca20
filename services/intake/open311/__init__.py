"""Open311 GeoReport v2, and mySociety's service request updates: how other systems file and follow."""
