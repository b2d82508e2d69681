package dev.coracle.kubelet.server;

/**
 * Everything the server needs from the rest of the kubelet.
 *
 * @param auth who may do what
 * @param pods pods and containers of this node
 * @param runtime CRI's streaming calls
 * @param checkpoints of running containers
 * @param documents what the other endpoints answer
 */
public record KubeletServerBackend(
    KubeletAuth auth,
    PodLookup pods,
    StreamingRuntime runtime,
    Checkpoints checkpoints,
    NodeDocuments documents) {}
