-- What anybody did about a case, and the evidence, stays (RT-3).
CREATE TRIGGER after_sale_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON after_sale_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER after_sale_lines_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON after_sale_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER after_sale_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON after_sale_evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
