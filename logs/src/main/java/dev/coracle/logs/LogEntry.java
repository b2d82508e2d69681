package dev.coracle.logs;

/**
 * One line of a container's output.
 *
 * @param time as the runtime wrote it, RFC 3339 with nanoseconds, in UTC: sorts as a text
 * @param output {@code stdout} or {@code stderr}
 */
public record LogEntry(LogStream stream, String time, String output, String message) {}
