/** What users are told: events with upstream's reasons and words. */
@NullMarked
package dev.coracle.kubelet.internal.event;

import org.jspecify.annotations.NullMarked;
