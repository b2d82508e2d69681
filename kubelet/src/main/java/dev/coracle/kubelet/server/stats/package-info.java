/**
 * What the node, its pods and containers use, and the three upstream documents rendered from it:
 * the stats summary (JSON), the resource metrics and the cAdvisor metrics (Prometheus text).
 */
@NullMarked
package dev.coracle.kubelet.server.stats;

import org.jspecify.annotations.NullMarked;
