package dev.coracle.apiserver;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * One named line of {@code /readyz?verbose}, {@code /livez?verbose} and {@code /healthz?verbose}.
 *
 * @param liveness whether {@code /livez} asks for it too
 * @param problem empty when all is well; cheap, never blocks
 */
public record HealthCheck(String name, boolean liveness, Supplier<Optional<String>> problem) {}
