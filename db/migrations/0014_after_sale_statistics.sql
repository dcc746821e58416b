CREATE INDEX "after_sales_opened" ON "after_sales" USING btree ("opened_at");--> statement-breakpoint
CREATE INDEX "after_sales_merchant_opened" ON "after_sales" USING btree ("merchant_id","opened_at");--> statement-breakpoint
CREATE INDEX "shipments_shipped" ON "shipments" USING btree ("shipped_at");