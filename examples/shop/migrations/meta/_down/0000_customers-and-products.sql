-- Down migration for: customers-and-products
-- WARNING: customers: all rows are lost
-- WARNING: products: all rows are lost

-- customers: all rows are lost
DROP TABLE "customers";
--> statement-breakpoint
-- products: all rows are lost
DROP TABLE "products";
