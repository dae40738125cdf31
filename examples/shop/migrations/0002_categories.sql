-- Migration: categories
-- Generated: 2026-02-03T10:00:00.000Z
-- Checksum: 782368e845c293e187a906d3466048a1e4c544e6987ccd3d622950ec1bcd8654

CREATE TABLE "categories" (
  "id" bigserial NOT NULL,
  "name" character varying(80) NOT NULL,
  CONSTRAINT "categories_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "categories_name_key" UNIQUE ("name")
);
--> statement-breakpoint
COMMENT ON TABLE "categories" IS 'What products are grouped by; a product may be in several.';
--> statement-breakpoint
COMMENT ON COLUMN "categories"."id" IS 'Its number.';
--> statement-breakpoint
COMMENT ON COLUMN "categories"."name" IS 'What customers read.';
--> statement-breakpoint
CREATE TABLE "product_categories" (
  "category_id" bigint NOT NULL,
  "product_id" bigint NOT NULL,
  CONSTRAINT "product_categories_pkey" PRIMARY KEY ("category_id", "product_id")
);
--> statement-breakpoint
ALTER TABLE "product_categories" ADD CONSTRAINT "product_categories_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
--> statement-breakpoint
ALTER TABLE "product_categories" ADD CONSTRAINT "product_categories_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
--> statement-breakpoint
CREATE INDEX "product_categories_product_id_idx" ON "product_categories" ("product_id");
