"""When things run: jobs, schedules, sensors, automation conditions."""
