"""python -m gmmfit"""

from gmmfit.cli.main import main

if __name__ == "__main__":
    main()
