/** HorizontalPodAutoscalers: as many pods as their use asks for. */
@NullMarked
package dev.coracle.controllers.internal.autoscaling;

import org.jspecify.annotations.NullMarked;
