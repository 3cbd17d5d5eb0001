-- `progress` counts the versions of a row for conditional requests. Triggers, since rows
-- change in many places.
CREATE FUNCTION refeed_count_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.progress := OLD.progress + 1;
  RETURN NEW;
END $$;
