ALTER TABLE "after_sales" ADD COLUMN "periods" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "shops" ADD COLUMN "after_sale_periods" jsonb DEFAULT '{}'::jsonb NOT NULL;