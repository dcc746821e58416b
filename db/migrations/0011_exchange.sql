ALTER TABLE "after_sale_lines" ADD COLUMN "want_sku_id" text;--> statement-breakpoint
ALTER TABLE "after_sale_lines" ADD COLUMN "difference_fen" bigint;--> statement-breakpoint
ALTER TABLE "after_sales" ADD COLUMN "replacement_no" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "exchange_of" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "credit_fen" bigint DEFAULT 0 NOT NULL;