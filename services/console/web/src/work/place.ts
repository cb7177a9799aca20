/** A point as the device gives it: GPS, so WGS 84. */
export interface Place {
  lon: number;
  lat: number;
  datum: "wgs84";
}

const WAIT_MS = 10_000;
const DIGITS = 1e6;

const short = (degrees: number): number => Math.round(degrees * DIGITS) / DIGITS;

/** Where the device is; null when it does not know or may not say. */
export function here(): Promise<Place | null> {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: short(coords.longitude), lat: short(coords.latitude), datum: "wgs84" }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 30_000 },
    );
  });
}
