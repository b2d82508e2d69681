package dev.coracle.apiserver.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in, besides those that the cluster's own authority vouches for.
 *
 * @param config an AuthenticationConfiguration of apiserver.config.k8s.io/v1, in place of {@link
 *     OidcOptions}; null: none
 * @param anonymous whether requests without credentials are let in; null: they are, or as the
 *     configuration says
 * @param clientCa PEM bundle of further authorities of client certificates; null: none
 */
public record AuthenticationOptions(
    @Nullable Path config, @Nullable Boolean anonymous, @Nullable Path clientCa) {

  public static final AuthenticationOptions DEFAULT = new AuthenticationOptions(null, null, null);
}
