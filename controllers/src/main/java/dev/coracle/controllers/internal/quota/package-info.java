/** ResourceQuotas: how much of each is used. */
@NullMarked
package dev.coracle.controllers.internal.quota;

import org.jspecify.annotations.NullMarked;
