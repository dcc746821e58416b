ALTER TABLE "shops" ADD COLUMN "earn_rate" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "earn_rate" integer;--> statement-breakpoint
CREATE INDEX "coupons_order" ON "coupons" USING btree ("order_no");