-- Down migration for: categories
-- WARNING: product_categories: all rows are lost
-- WARNING: categories: all rows are lost

-- product_categories: all rows are lost
DROP TABLE "product_categories";
--> statement-breakpoint
-- categories: all rows are lost
DROP TABLE "categories";
