package dev.coracle.apiserver.config;

import java.nio.file.Path;

/**
 * Encryption of what is stored.
 *
 * @param config an EncryptionConfiguration of apiserver.config.k8s.io/v1
 * @param reload whether it is taken up as it changes
 */
public record EncryptionOptions(Path config, boolean reload) {}
