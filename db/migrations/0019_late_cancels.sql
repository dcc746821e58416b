ALTER TABLE "after_sales" ADD COLUMN "shipment_no" text;--> statement-breakpoint
ALTER TABLE "cancellations" ADD COLUMN "choice" text;--> statement-breakpoint
CREATE INDEX "after_sales_shipment" ON "after_sales" USING btree ("shipment_no") WHERE shipment_no is not null;