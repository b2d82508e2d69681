/** What ResourceQuotas count, the same for who admits and for who adds up. */
@NullMarked
package dev.coracle.api.quota;

import org.jspecify.annotations.NullMarked;
