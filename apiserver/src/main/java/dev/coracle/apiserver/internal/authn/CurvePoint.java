package dev.coracle.apiserver.internal.authn;

import java.math.BigInteger;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;

/**
 * Finds the public point of a private scalar, which the JDK has no call for. Used once, when the
 * key is read; not for secrets that anybody could time.
 */
final class CurvePoint {

  private CurvePoint() {}

  static ECPoint multiply(ECParameterSpec curve, BigInteger scalar) {
    BigInteger p = ((ECFieldFp) curve.getCurve().getField()).getP();
    BigInteger a = curve.getCurve().getA();
    ECPoint sum = ECPoint.POINT_INFINITY;
    ECPoint power = curve.getGenerator();
    for (int i = 0; i < scalar.bitLength(); i++) {
      if (scalar.testBit(i)) {
        sum = add(sum, power, a, p);
      }
      power = add(power, power, a, p);
    }
    return sum;
  }

  private static ECPoint add(ECPoint x, ECPoint y, BigInteger a, BigInteger p) {
    if (x.equals(ECPoint.POINT_INFINITY)) {
      return y;
    }
    if (y.equals(ECPoint.POINT_INFINITY)) {
      return x;
    }
    BigInteger slope;
    if (x.equals(y)) {
      BigInteger three = BigInteger.valueOf(3);
      BigInteger up = x.getAffineX().pow(2).multiply(three).add(a);
      slope = up.multiply(x.getAffineY().shiftLeft(1).modInverse(p)).mod(p);
    } else {
      BigInteger dx = y.getAffineX().subtract(x.getAffineX()).mod(p);
      if (dx.signum() == 0) {
        return ECPoint.POINT_INFINITY;
      }
      slope = y.getAffineY().subtract(x.getAffineY()).multiply(dx.modInverse(p)).mod(p);
    }
    BigInteger rx = slope.pow(2).subtract(x.getAffineX()).subtract(y.getAffineX()).mod(p);
    BigInteger ry = slope.multiply(x.getAffineX().subtract(rx)).subtract(x.getAffineY()).mod(p);
    return new ECPoint(rx, ry);
  }
}
