-- What a warehouse told stays told (FU-2); what was taken back, amended and noted is added to (RF-4, FU-6).
CREATE TRIGGER shipment_reports_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shipment_reports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER line_reversals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON line_reversals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER order_addresses_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_addresses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER order_notes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_notes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Shipments so far held all of their order.
INSERT INTO shipment_lines (shipment_no, line_no, quantity)
  SELECT s.shipment_no, l.line_no, l.quantity FROM shipments s JOIN order_lines l USING (order_no);
--> statement-breakpoint
UPDATE orders o SET shipments_made = 1, progress = (
  SELECT jsonb_object_agg(l.line_no, jsonb_build_object('shipped', l.quantity)) FROM order_lines l WHERE l.order_no = o.order_no)
WHERE EXISTS (SELECT 1 FROM shipments s WHERE s.order_no = o.order_no);
--> statement-breakpoint
-- Open quotes do not know which warehouse tells a system, nor the review rules: they are asked for again.
UPDATE quotes SET expires_at = least(expires_at, created_at);
