package dev.coracle.criruntime.streaming;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the connections of a port-forward lead.
 *
 * @param sandboxId for messages
 * @param networkNamespace of the pod, as a file; empty on the host's network
 */
public record ForwardTarget(String sandboxId, Optional<Path> networkNamespace) {}
