-- What a carrier told stays told (LG-1).
CREATE TRIGGER track_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON track_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
