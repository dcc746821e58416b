ALTER TABLE "shipments" ALTER COLUMN "order_no" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ALTER COLUMN "root_no" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "case_no" text;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_case_no_after_sales_case_no_fk" FOREIGN KEY ("case_no") REFERENCES "public"."after_sales"("case_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "shipments_case" ON "shipments" USING btree ("case_no") WHERE case_no is not null;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_owner" CHECK (("shipments"."order_no" is null) <> ("shipments"."case_no" is null));